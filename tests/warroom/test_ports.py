"""Loopback ports stay the same between starts, unless another program has one meanwhile."""

import socket

from warroom.ports import Ports


def test_a_port_is_kept_for_the_next_start(tmp_path):
    file = tmp_path / "ports.json"
    first = Ports(file, print).take("Prometheus")
    assert Ports(file, print).take("Prometheus") == first
    assert Ports(file, print).take("demo service") != first


def test_a_taken_port_is_replaced_and_said(tmp_path):
    file, said = tmp_path / "ports.json", []
    first = Ports(file, said.append).take("Prometheus")
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        other.listen()
        second = Ports(file, said.append).take("Prometheus")
    assert second != first
    assert said == [f"port {first} of the Prometheus is taken by another program; using {second}"]
    assert Ports(file, said.append).take("Prometheus") == second


def test_a_broken_file_is_begun_anew(tmp_path):
    file = tmp_path / "ports.json"
    file.write_text("{")
    assert Ports(file, print).take("broker") > 0
