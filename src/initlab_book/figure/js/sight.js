// What is in the window: panels that are drawn while something plays, and figures that a wide page makes room for.

/** What is in the window, or nearly, of all that `watch` observes. */
export function nearby() {
  /** @type {Set<Element>} */
  const near = new Set();
  const watch = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) near.add(target);
        else near.delete(target);
      }
    },
    { rootMargin: "100px 0px" },
  );
  return { near, watch };
}

/** @type {Set<Element>} */
const atTop = new Set();

/**
 * On a wide screen a figure takes the room of what stands beside the text: the style sheet is told when.
 * @param {Element} el
 */
export function mayGoWide(el) {
  const beside = new IntersectionObserver(
    ([{ isIntersecting }]) => {
      if (isIntersecting) atTop.add(el);
      else atTop.delete(el);
      document.documentElement.toggleAttribute("data-wide", atTop.size > 0);
    },
    { rootMargin: "0px 0px -45% 0px" },
  );
  beside.observe(el);
}
