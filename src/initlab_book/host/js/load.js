// Scripts that a page loads when they are needed: that works from the disk, too.

import { make } from "./dom.js";

const HERE = /** @type {HTMLScriptElement | null} */ (globalThis.document?.currentScript)?.src;

/**
 * Load a script.
 * @param {string} src its address, as seen from the script that is running
 * @returns {Promise<void>}
 */
export const loadScript = (src) =>
  new Promise((resolve, reject) => {
    const tag = make("script", { src: new URL(src, HERE).href });
    tag.onload = () => resolve();
    tag.onerror = reject;
    document.head.append(tag);
  });
