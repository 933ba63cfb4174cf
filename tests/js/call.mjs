// Calls a function for Python: `node call.mjs MODULE FUNCTION` takes a list of lists of arguments from stdin, as JSON,
// and prints the list of what the function returns for each.

import { readFileSync } from "node:fs";

const [module, name] = process.argv.slice(2);
const { [name]: call } = await import(module);
const plain = (_, v) => (ArrayBuffer.isView(v) ? [...v] : v); // JSON has no typed arrays; not a number becomes null
const results = JSON.parse(readFileSync(0, "utf8")).map((list) => call(...list));
process.stdout.write(JSON.stringify(results, plain));
