// The public status page keeps itself fresh: every 30 s it fetches itself and swaps what changed.
// Without script it says of which minute it is. It is inlined, so that the page is one file.
(() => {
  const PERIOD = 30000;
  let asOf = Date.parse(document.documentElement.dataset.now);
  let skew = asOf - Date.now();

  const stateAge = () => {
    const minutes = Math.floor((Date.now() + skew - asOf) / 60000);
    const text = minutes > 0 ? `, ${minutes} ${minutes === 1 ? "minute" : "minutes"} ago` : "";
    for (const element of document.querySelectorAll("[data-age]")) element.textContent = text;
  };

  const localTimes = () => {
    const form = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
    for (const element of document.querySelectorAll("time[datetime]")) {
      const at = new Date(element.dateTime);
      if (!Number.isNaN(at.getTime())) element.title = `Your time: ${form.format(at)}`;
    }
  };

  const refresh = async () => {
    try {
      const answer = await fetch(location.href, {
        cache: "no-cache",
        signal: AbortSignal.timeout(10000),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const written = Date.parse(fresh.documentElement.dataset.now);
      const state = fresh.body.dataset.link;
      if (written > asOf) {
        skew = Math.max(skew, written - Date.now());
        asOf = written;
        document.getElementById("main").replaceWith(fresh.getElementById("main"));
        document.querySelector("svg.sprite").replaceWith(fresh.querySelector("svg.sprite"));
        document.title = fresh.title;
        localTimes();
      }
      document.body.dataset.link = state;
    } catch {
      document.body.dataset.link = "lost";
    }
    stateAge();
  };

  localTimes();
  setInterval(() => document.hidden || refresh(), PERIOD);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
})();
