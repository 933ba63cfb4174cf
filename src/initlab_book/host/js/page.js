// What the static hosts share.

/**
 * Call `host` with every element of a front end on the page and with the data that the element carries. A deferred
 * script runs when the whole page has been parsed.
 * @template Payload
 * @param {string} name
 * @param {(el: HTMLElement, payload: Payload) => void} host
 */
export function forEachOnPage(name, host) {
  for (const el of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`.initlab-${name}`))) {
    host(el, JSON.parse(/** @type {HTMLElement} */ (el.querySelector("script")).textContent));
  }
}
