/* Completion from the JSON Schema: the keys that may stand here, and the words a key allows. */
(function () {
  "use strict";
  const PS = (window.PS = window.PS || {});
  const KEY = /^(\s*)((?:-\s+)*)(?:"([^"]*)"|'([^']*)'|([^\s#:{[][^:]*?)):(?:\s|$)/;
  const NAMING = ["agent", "sender", "receiver", "agent_id"];

  /* The branches of a schema node, references followed. */
  function branches(node, root) {
    if (!node) return [];
    if (node.$ref) {
      const target = node.$ref.replace(/^#\//, "").split("/").reduce((place, step) => place && place[step], root);
      return branches(target && { ...target, description: node.description || target.description }, root);
    }
    const inner = [...(node.anyOf || []), ...(node.oneOf || []), ...(node.allOf || [])];
    return inner.length ? inner.flatMap((each) => branches(each, root)) : [node];
  }

  function step(nodes, name, root) {
    return nodes.flatMap((node) => {
      const next = node.properties?.[name] || (typeof node.additionalProperties === "object" && node.additionalProperties);
      return next ? branches(next, root) : [];
    });
  }

  function intoLists(nodes, root) {
    return nodes.flatMap((node) => (node.type === "array" && node.items ? branches(node.items, root) : [node]));
  }

  /* Keys that enclose the cursor, from the indentation of the lines above; a line in braces counts as inside. */
  function enclosing(state, position) {
    const line = state.doc.lineAt(position);
    const before = state.sliceDoc(line.from, position);
    const open = before.lastIndexOf("{") > before.lastIndexOf("}") ? before.lastIndexOf("{") : -1;
    const path = [];
    let indent = /^[\s-]*/.exec(before)[0].length;
    if (open >= 0) {
      const key = /([A-Za-z0-9_]+):\s*$/.exec(before.slice(0, open));
      if (key) path.unshift(key[1]);
    }
    for (let number = line.number - 1; number >= 1 && indent > 0; number -= 1) {
      const match = KEY.exec(state.doc.line(number).text);
      if (!match) continue;
      const column = match[1].length + match[2].length;
      if (column < indent && match[1].length < indent) {
        path.unshift(match[3] ?? match[4] ?? match[5]);
        indent = match[1].length;
      }
    }
    /* A list may stand as deep as its key: `agents:` over `- id: A`. */
    if (indent === 0 && /^\s*-\s/.test(before)) path.unshift(keyOfFlushList(state, line.number));
    return path.filter(Boolean);
  }

  function keyOfFlushList(state, from) {
    for (let number = from - 1; number >= 1; number -= 1) {
      const match = KEY.exec(state.doc.line(number).text);
      if (match && match[1] === "" && match[2] === "") return match[5];
    }
    return "";
  }

  function bankIds(text) {
    return [...new Set([...text.matchAll(/\bid:\s*["']?([A-Z0-9_]{1,32})\b/g)].map((match) => match[1]))];
  }

  function values(nodes, key, text) {
    if (NAMING.includes(key)) return bankIds(text).map((id) => ({ label: id, type: "variable" }));
    const words = nodes.flatMap((node) => node.enum || (node.const !== undefined ? [node.const] : []));
    if (nodes.some((node) => node.type === "boolean")) words.push(true, false);
    return [...new Set(words)].map((word) => ({ label: String(word), type: "enum" }));
  }

  function keys(nodes) {
    const found = new Map();
    for (const node of nodes) {
      for (const [name, each] of Object.entries(node.properties || {})) {
        const required = (node.required || []).includes(name);
        if (!found.has(name)) {
          found.set(name, { label: name, type: "property", apply: `${name}: `, info: each.description, boost: required ? 1 : 0 });
        }
      }
    }
    return [...found.values()];
  }

  PS.complete = function (context, schema) {
    if (!schema) return null;
    const word = context.matchBefore(/[A-Za-z0-9_]*/);
    if (!context.explicit && word.from === word.to) return null;
    const line = context.state.doc.lineAt(context.pos);
    const before = context.state.sliceDoc(line.from, word.from);
    if (/(^|\s)#/.test(before)) return null;
    let nodes = branches(schema, schema);
    for (const name of enclosing(context.state, context.pos)) nodes = intoLists(step(intoLists(nodes, schema), name, schema), schema);
    const key = /(?:^|[\s{,-])([A-Za-z0-9_]+):\s*\[?(?:[A-Za-z0-9_]+,\s*)*$/.exec(before);
    const options = key
      ? values(intoLists(step(nodes, key[1], schema), schema), key[1], context.state.doc.toString())
      : keys(nodes);
    return options.length ? { from: word.from, options, validFor: /^[A-Za-z0-9_]*$/ } : null;
  };
})();
