// The static host: the quiz is in the page.

/** @import { Quiz } from "./types.d.ts" */

import { forEachOnPage } from "../../host/js/page.js";
import { render } from "./quiz.js";

/** @type {(el: HTMLElement, spec: Quiz) => void} */
const show = (el, spec) => render({ model: { get: () => spec }, el });

forEachOnPage("quiz", show);
