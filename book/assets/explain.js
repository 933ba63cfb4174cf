// Terms and citations explain themselves (book/_ext/explanations.py): what a page says about a link, in a template at its
// end, is shown beside the link while the pointer rests on it, while it has the focus, or after a tap; a second tap follows
// the link. Escape, or a tap elsewhere, puts it away.

(() => {
  if (!HTMLElement.prototype.showPopover) return; // an old browser: the links lead there

  const GAP = 4; // px between link and box
  const MARGIN = 8; // px between box and window
  const SHOW_AFTER = 150; // ms, so that a pointer may pass over a link
  const HIDE_AFTER = 250; // ms, so that it may go from the link to the box

  const box = document.createElement("div");
  box.id = "explanation";
  box.popover = "manual";
  box.setAttribute("role", "tooltip");
  document.querySelector("main").append(box);

  let shown = null; // the link
  let timer = 0;
  let touched = false;

  const linkOf = (target) => (target instanceof Element ? target.closest("a[data-about]") : null);

  function show(link) {
    if (shown === link) return;
    hide();
    shown = link;
    box.replaceChildren(document.getElementById(`about-${link.dataset.about}`).content.cloneNode(true));
    link.setAttribute("aria-describedby", box.id);
    box.showPopover();
    place(link.getBoundingClientRect());
  }

  function hide() {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    box.hidePopover();
  }

  function place(target) {
    const { clientWidth, clientHeight } = document.documentElement;
    const { width, height } = box.getBoundingClientRect();
    const below = target.bottom + GAP;
    const above = target.top - GAP - height;
    const top = below + height > clientHeight - MARGIN && above >= MARGIN ? above : below;
    const left = Math.max(MARGIN, Math.min(target.left, clientWidth - MARGIN - width));
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${top + scrollY}px`;
  }

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    clearTimeout(timer);
    const link = linkOf(target);
    if (link) timer = setTimeout(show, SHOW_AFTER, link);
    else if (shown && !box.contains(target) && document.activeElement !== shown) timer = setTimeout(hide, HIDE_AFTER);
  });
  document.addEventListener("focusin", ({ target }) => {
    const link = linkOf(target);
    if (link?.matches(":focus-visible")) show(link);
  });
  document.addEventListener("focusout", ({ target }) => target === shown && hide());
  document.addEventListener("pointerdown", ({ target, pointerType }) => {
    touched = pointerType === "touch";
    if (shown && !box.contains(target) && linkOf(target) !== shown) hide();
  });
  document.addEventListener("click", (event) => {
    const link = linkOf(event.target);
    if (!link || !touched || !event.detail || shown === link) return; // without detail it is a key
    event.preventDefault();
    show(link);
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  addEventListener("resize", hide);
  addEventListener("pagehide", hide);
})();
