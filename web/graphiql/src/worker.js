// The one worker file: Monaco starts it once for each language service and names it.
// `require` evaluates only the chosen service, and before Monaco's first message arrives.
switch (self.name) {
  case 'graphql':
    require('monaco-graphql/esm/graphql.worker.js');
    break;
  case 'json':
    require('monaco-editor/esm/vs/language/json/json.worker.js');
    break;
  default:
    require('monaco-editor/esm/vs/editor/editor.worker.js');
}
