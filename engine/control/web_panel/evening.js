// The plots of the evening: numbers only, drawn as lines.

const WIDTH = 300, HEIGHT = 90, NEW = "http://www.w3.org/2000/svg";

const PLOTS = [
  { title: "drawn pictures", unit: "/s", columns: ["frames_per_s"] },
  { title: "reflections", unit: "/s", columns: ["reflections_per_s"] },
  { title: "age of the reflection", unit: "ms", columns: ["age_ms", "age_95_ms"] },
  { title: "visits", unit: "", columns: ["visits"] },
];

/** @param {HTMLElement} place  @param {{columns: string[], rows: number[][]}} evening */
export function drawEvening(place, evening) {
  place.replaceChildren(...PLOTS.map((plot) => draw(plot, evening)));
}

function draw({ title, unit, columns }, evening) {
  const times = evening.rows.map((row) => row[0]);
  const series = columns.map((name) => {
    const at = evening.columns.indexOf(name);
    return evening.rows.map((row) => row[at]);
  });
  const most = Math.max(1, ...series.flat().filter(Number.isFinite));
  const box = document.createElement("div");
  box.className = "plot";
  const last = series[0].at(-1);
  const head = document.createElement("h3");
  const now = document.createElement("b");
  now.textContent = Number.isFinite(last) ? `${Number(last.toPrecision(3))} ${unit}` : "–";
  head.append(title, now);
  const svg = document.createElementNS(NEW, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}: now ${now.textContent}, at most ${Number(most.toPrecision(3))} ${unit}`);
  series.forEach((values, number) => {
    const path = document.createElementNS(NEW, "path");
    path.setAttribute("d", line(times, values, most));
    if (number) path.setAttribute("class", "second");
    svg.append(path);
  });
  const foot = document.createElement("p");
  const from = document.createElement("span"), scale = document.createElement("span");
  from.textContent = times.length ? `the last ${minutes(times.at(-1) - times[0])}` : "nothing yet";
  scale.textContent = `up to ${Number(most.toPrecision(3))} ${unit}`;
  foot.append(from, scale);
  box.append(head, svg, foot);
  return box;
}

function line(times, values, most) {
  const start = times[0] ?? 0, length = Math.max(1, (times.at(-1) ?? 1) - start);
  let path = "", isDown = false;
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) { isDown = false; return; }
    const x = WIDTH * (times[at] - start) / length, y = HEIGHT - (HEIGHT - 4) * value / most;
    path += `${isDown ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  });
  return path;
}

function minutes(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
