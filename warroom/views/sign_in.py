from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, credentials: dict, *args, **kwargs) -> HttpResponse:
    """After too many wrong passwords: a pause, said in words. Other people are not held up."""
    return render(request, "warroom/sign_in.html", {"locked_out": True}, status=429)
