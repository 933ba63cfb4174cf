// The search page: finds the words of ?q=... in the sections of the book (sections.js) and shows the best of them.
(() => {
  const SHOWN = 20; // results
  const SNIPPET = 220; // letters
  const COMMON = new Set(
    "a an and are as at be by do does for from how i in is it of on or the to vs what when which who why with you".split(
      " ",
    ),
  );

  // Words, numbers and fractions, each with its place. fan_in, fan-in and "fan in" are the same two words, and so are √5,
  // sqrt(5) and "sqrt 5".
  const WORD = /√|\d+[./]\d+|[\p{L}\p{N}]+/gu;
  const placed = (text) =>
    [...text.toLowerCase().matchAll(WORD)].map(({ 0: word, index }) => ({
      word: word === "sqrt" ? "√" : word,
      index,
      end: index + word.length,
    }));
  const words = (text) => placed(text).map(({ word }) => word);

  // How well a word of the book answers a word that was asked for: gradients and gradient are nearly the same.
  const likeness = (word, asked) => {
    if (word === asked) return 1;
    const [short, long] = word.length < asked.length ? [word, asked] : [asked, word];
    if (short.length < 3 || !long.startsWith(short)) return 0;
    return word === long || long.length - short.length < 4 ? 0.6 : 0;
  };

  const entries = window.initlabSections.flatMap(([address, page, sections]) =>
    sections.map(([anchor, title, text], i) => ({
      address: `${address}#${anchor}`,
      heading: i === 0 ? page : `${page} › ${title}`,
      text,
      // Whoever asks something is looking for a chapter, and only then for a function.
      weight: address.endsWith("/api.html") ? 0.3 : 1,
      // What counts: the words of the section's title, of the page's, and of the text.
      fields: [
        { weight: 5, words: words(title) },
        { weight: 2, words: words(page) },
        { weight: 1, words: words(text) },
      ],
    })),
  );

  const search = (query) => {
    // What is common counts only in a compound such as fan-in, or if there is nothing else.
    const telling = query.split(/\s+/).flatMap((part) => {
      const found = words(part);
      return found.length > 1 ? found : found.filter((word) => !COMMON.has(word));
    });
    const asked = [...new Set(telling.length ? telling : words(query))];
    // How often each word occurs in each field of each entry.
    const counts = entries.map(({ fields }) =>
      asked.map((word) => fields.map((field) => field.words.reduce((sum, other) => sum + likeness(other, word), 0))),
    );
    const rarity = asked.map((_, i) => {
      const having = counts.filter((entry) => entry[i].some((count) => count > 0)).length;
      return Math.log(1 + entries.length / (having + 1));
    });
    return entries
      .map((entry, e) => {
        const found = counts[e].map((fields) => fields.some((count) => count > 0));
        const share = found.filter(Boolean).length / asked.length;
        const parts = counts[e].map((fields, i) =>
          fields.reduce((sum, count, f) => {
            const { weight, words: all } = entry.fields[f];
            return sum + (rarity[i] * weight * count) / (count + 0.5 + all.length / 200);
          }, 0),
        );
        const score = parts.reduce((a, b) => a + b, 0) * share ** 3 * together(entry.fields, asked) * entry.weight;
        return { ...entry, asked, score };
      })
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
  };

  // Words that stand side by side, as they were asked for, count for more.
  const together = (fields, asked) => {
    if (asked.length < 2) return 1;
    const phrase = ` ${asked.join(" ")} `;
    return fields.some((field) => ` ${field.words.join(" ")} `.includes(phrase)) ? 1.5 : 1;
  };

  // The piece of the text with the most of the words, as nodes in which they stand out.
  const snippet = ({ text, asked }) => {
    const hits = placed(text).filter(({ word }) => asked.some((other) => likeness(word, other) > 0));
    let start = 0;
    let most = 0;
    for (const { index } of hits) {
      const near = hits.filter((hit) => hit.index >= index && hit.end < index + SNIPPET - 60);
      const count = new Set(near.map(({ word }) => word)).size;
      if (count > most) [start, most] = [index, count];
    }
    let from = Math.max(0, start - 60);
    if (from > 0) from = text.indexOf(" ", from) + 1;
    let to = Math.min(text.length, from + SNIPPET);
    if (to < text.length) to = text.lastIndexOf(" ", to);
    const parts = [from > 0 ? "… " : ""];
    let done = from;
    for (const { index, end } of hits.filter((hit) => hit.index >= from && hit.end <= to)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(index, end);
      parts.push(text.slice(done, index), mark);
      done = end;
    }
    return [...parts, text.slice(done, to), to < text.length ? " …" : ""];
  };

  const show = (query) => {
    const results = search(query);
    const count = results.length === 1 ? "1 section" : `${results.length} sections`;
    document.getElementById("search-status").textContent = results.length
      ? `${count} with “${query}”${results.length > SHOWN ? `, the best ${SHOWN} of them` : ""}:`
      : `Nothing in the book is about “${query}”. Try fewer words, or others.`;
    for (const result of results.slice(0, SHOWN)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = result.address;
      link.textContent = result.heading;
      const text = document.createElement("p");
      text.append(...snippet(result));
      item.append(link, text);
      document.getElementById("search-results").append(item);
    }
  };

  const field = document.querySelector(".bd-search-container input");
  const query = new URLSearchParams(location.search).get("q")?.trim();
  if (query) {
    field.value = query;
    document.title = `${query} · ${document.title}`;
    show(query);
  } else field.focus();
})();
