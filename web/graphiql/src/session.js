// What a page does that has signed in with `transport: COOKIE`, whatever client it uses: the CSRF
// token goes with each request, and the session is refreshed before its access token is over.

// How long before the end of an access token the next one is asked for, in milliseconds.
const AHEAD = 60_000;

// When to refresh, for all tabs: a refresh token counts once, so two tabs must not use the same.
const REFRESH_AT = 'agent-free-refresh-at';

const REFRESH = 'mutation Refresh { refreshSession(input: {}) { session { expiresAt } } }';

const cookie = (name) =>
  document.cookie
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

function withToken(init = {}) {
  const headers = new Headers(init.headers);
  const token = cookie('agent-free-csrf');
  if (token && !headers.has('X-CSRF-Token')) headers.set('X-CSRF-Token', token);
  return { ...init, headers };
}

async function refreshed() {
  if (Date.now() < Number(localStorage.getItem(REFRESH_AT))) return;
  const answer = await fetch(
    '/graphql',
    withToken({
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: REFRESH }),
      // Who leaves the page now still gets the new tokens: the old ones count no more.
      keepalive: true,
    }),
  ).then((response) => response.json());
  const end = answer.data?.refreshSession?.session?.expiresAt;
  if (end) localStorage.setItem(REFRESH_AT, Date.parse(end) - AHEAD);
}

export async function signedInFetch(url, init) {
  if (cookie('agent-free-csrf')) await navigator.locks.request(REFRESH_AT, refreshed);
  return fetch(url, withToken(init));
}
