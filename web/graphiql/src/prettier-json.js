// A Prettier plugin for JSON with comments, made from the JSON formatter that GraphiQL brings along.
// GraphiQL's own choice, Prettier's JavaScript parser and printer, would be half a megabyte for this one use.
import { applyEdits, format } from 'jsonc-parser';

export const parsers = {
  jsonc: {
    astFormat: 'formatted-json',
    locStart: () => 0,
    locEnd: (node) => node.text.length,
    parse: (text) => ({
      text: applyEdits(text, format(text, undefined, { tabSize: 2, insertSpaces: true })).trim(),
    }),
  },
};

export const printers = {
  'formatted-json': { print: (path) => path.node.text },
};
