# Debian keeps venv in a package of its own: get it as root, name it otherwise.
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
	apt-get -q update && apt-get -qy install --no-install-recommends python3-venv
else
	echo "Python's venv is missing: install it (Debian, Ubuntu: apt-get install python3-venv)" >&2
	exit 1
fi
