// The page: GraphiQL over this server's /graphql, opened on the server's example tabs.
import './page.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { signedInFetch } from './session.js';

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker('/graphiql/worker.js', { name: label }),
};

// GraphiQL looks at the system's colours once; its editors would be unreadable after a change.
function Title() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(theme);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
  return 'Agent Free';
}

const examples = await fetch('/graphiql/examples.json').then((response) => response.json());

createRoot(document.getElementById('graphiql')).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({ url: '/graphql', fetch: signedInFetch }),
      defaultTabs: examples,
    },
    createElement(GraphiQL.Logo, null, createElement(Title)),
  ),
);
