"""``/ping/<key>``: a script says that it ran. No account: the key is what counts."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rollouts.actions.pings import OUTPUT_BYTES, Ping, Taken, find_heartbeat, note_start, take_ping
from rollouts.tasks.judging import judge_anew

MOST_BYTES = 4_000_000
START, FAIL = "start", "fail"
STATUS = re.compile(r"[0-9]{1,3}")


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ping(request: HttpRequest, key: str, word: str = "0") -> HttpResponse:
    """``word``: an exit status of 0 to 255, ``start``, or ``fail``; the body is its output.

    404 for a key that there is not, 422 for another word, 429 for more than one a second for a
    minute. 200 and nothing kept where the release is closed or the check is off.
    """
    check = find_heartbeat(key)
    if check is None:
        return _say("There is no such key.", 404)
    if word == START:
        return _answer(note_start(check))
    status = 1 if word == FAIL else int(word) if STATUS.fullmatch(word) else -1
    if not 0 <= status <= 255:
        return _say("After the key: an exit status from 0 to 255, start, or fail.", 422)
    taken = take_ping(check, Ping(status, *_output(request)))
    if taken is Taken.KEPT:
        judge_anew(check.plan)
    return _answer(taken)


def _answer(taken: Taken) -> HttpResponse:
    answer = _say(taken.value, 429 if taken is Taken.TOO_OFTEN else 200)
    if taken is Taken.TOO_OFTEN:
        answer["Retry-After"] = "60"
    return answer


def _say(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")


def _output(request: HttpRequest) -> tuple[str, int]:
    """The last 10 kB of the body as text, and how many bytes there were.

    The end is kept: there a script says why it failed.
    """
    kept, size = b"", 0
    while size < MOST_BYTES and (chunk := request.read(65_536)):
        size += len(chunk)
        kept = (kept + chunk)[-OUTPUT_BYTES:]
    text = kept.decode(errors="replace").replace("\r\n", "\n")
    return "".join(c for c in text if c in "\n\t" or c.isprintable()).strip(), size
