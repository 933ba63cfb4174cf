// Which chapters a reader has read to their takeaways: kept in the browser, marked in the sidebar and in the contents of the
// front page, forgotten at a click, together with the answers to the quizzes.

(() => {
  const PLACE = "initlab-read";
  const nameOf = ({ pathname }) => pathname.split("/").pop().replace(".html", "");
  const read = new Set(JSON.parse(localStorage.getItem(PLACE) || "[]"));
  const numbered = [...document.querySelectorAll(".bd-sidenav a")].filter((link) => /^\s*\d/.test(link.textContent));
  const chapters = new Set(numbered.map(nameOf));
  const listed = [...document.querySelectorAll("#the-chapters li a")].filter((link) => chapters.has(nameOf(link)));
  const foot = document.querySelector(".reading-progress");

  function show() {
    for (const link of [...numbered, ...listed]) {
      if (!read.has(nameOf(link)) || link.classList.contains("read")) continue;
      const spoken = document.createElement("span");
      spoken.className = "visually-hidden";
      spoken.textContent = ", read";
      link.append(spoken);
      link.classList.add("read");
    }
    const count = [...chapters].filter((name) => read.has(name)).length;
    const answered = allKept().length;
    foot.hidden = !count && !answered;
    foot.querySelector("p").textContent = `${count} of ${chapters.size} chapters read. Kept in this browser only.`;
  }
  const allKept = () => Object.keys(localStorage).filter((key) => /^initlab-(quiz|guess) /.test(key));

  foot.querySelector("button").addEventListener("click", () => {
    if (!confirm("Forget which chapters you have read, your guesses, and your answers to all quizzes?")) return;
    for (const key of [PLACE, ...allKept()]) localStorage.removeItem(key);
    location.reload();
  });
  show();

  const end = document.querySelector("#takeaways > :last-child");
  if (!end || !chapters.has(nameOf(location))) return;
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    read.add(nameOf(location));
    localStorage.setItem(PLACE, JSON.stringify([...read]));
    show();
  }).observe(end);
})();
