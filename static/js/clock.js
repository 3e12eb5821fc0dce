// Clocks. The time is the server's: data-now on <html> is when the page was rendered, and each
// heartbeat of the live stream corrects it (event "warroom:time").

const root = document.documentElement;
const word = (name, values) => window.warroomWord(name, values);
let skew = Date.parse(root.dataset.now || new Date().toISOString()) - Date.now();
document.addEventListener("warroom:time", (event) => {
  skew = event.detail - Date.now();
});

const two = (number) => String(number).padStart(2, "0");
const serverNow = () => Date.now() + skew;

function figures(milliseconds, withHours = false) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  if (days) return `${days}d ${hours}:${rest}`;
  return hours || withHours ? `${hours}:${rest}` : rest.replace(/^0/, "");
}

// Of days late nobody counts the seconds.
function late(milliseconds) {
  const days = Math.floor(milliseconds / 86400000);
  return word("late", { span: days ? word("days", { count: days }) : figures(milliseconds) });
}

function duration(seconds) {
  if (seconds < 60) return word("seconds", { count: seconds });
  if (seconds < 3600) return word("minutes", { count: Math.floor(seconds / 60) });
  const [big, small, names] =
    seconds < 86400 ? [3600, 60, ["hours", "minutes"]] : [86400, 3600, ["days", "hours"]];
  const more = Math.floor((seconds % big) / small);
  const first = word(names[0], { count: Math.floor(seconds / big) });
  return more ? `${first} ${word(names[1], { count: more })}` : first;
}

function age(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 1 ? word("now") : word("ago", { duration: duration(seconds) });
}

const writers = {
  clock: (value, now) => {
    const since = now - Date.parse(value);
    return `T${since < 0 ? "\u2212" : "+"}${figures(since, true)}`;
  },
  countdown: (value, now) => {
    const left = Date.parse(value) - now;
    return left < 0 ? late(-left) : figures(left);
  },
  until: (value, now) => {
    const left = Date.parse(value) - now;
    return left < 0 ? `, ${late(-left)}` : ` ${word("in", { span: figures(left) })}`;
  },
  elapsed: (value, now) => figures(now - Date.parse(value)),
  ago: (value, now) => age(now - Date.parse(value)),
  utc: (_value, now) => new Date(now).toISOString().slice(11, 19),
};

function write(scope) {
  const now = serverNow();
  for (const [name, writer] of Object.entries(writers)) {
    for (const element of scope.querySelectorAll(`[data-${name}]`)) {
      const text = writer(element.dataset[name], now);
      if (element.textContent !== text) element.textContent = text;
    }
  }
  for (const bar of scope.querySelectorAll("progress[data-from]")) {
    bar.value = Math.max(0, Math.min(bar.max, (now - Date.parse(bar.dataset.from)) / 1000));
  }
}

// Fragments carry UTC only, so that one rendering serves every viewer; local time is the title.
const local = new Intl.DateTimeFormat(root.lang || undefined, {
  weekday: "short", day: "numeric", month: "short",
  hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

function localTimes(scope) {
  for (const element of scope.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(element.getAttribute("datetime"));
    if (Number.isNaN(at.getTime())) continue;
    const there = element.dataset.plan;
    const yours = word("yours", { time: local.format(at) });
    element.title = there ? `${yours}. ${word("plans", { time: there })}` : yours;
  }
}

write(document);
localTimes(document);
setInterval(() => write(document), 1000);
document.addEventListener("warroom:swapped", (event) => {
  write(event.detail.parentNode || document);
  localTimes(event.detail);
});
