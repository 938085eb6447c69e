// A session that a page keeps itself, in memory: loaded anew, it is signed out. Whatever outlasts that
// lies within reach of every script of the page; to be remembered, sign in by cookies.
import { gql } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'

// How long before the end of an access token the next one is asked for, in milliseconds.
const AHEAD = 60_000

const REFRESH = gql`
  mutation Refresh($refreshToken: String!) {
    refreshSession(input: { refreshToken: $refreshToken }) {
      session { accessToken refreshToken expiresAt }
      errors { code }
    }
  }
`

// The exchange, and what to call with the tokens of `signIn`, or with nothing after `signOut`.
export function createSession() {
  let tokens
  const exchange = authExchange(async ({ appendHeaders, mutate }) => ({
    addAuthToOperation: (operation) =>
      tokens ? appendHeaders(operation, { Authorization: `Bearer ${tokens.accessToken}` }) : operation,
    willAuthError: () => tokens !== undefined && Date.now() > Date.parse(tokens.expiresAt) - AHEAD,
    // For clocks that are wrong, and sessions that were ended elsewhere.
    didAuthError: ({ graphQLErrors }) =>
      tokens !== undefined && graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED'),
    // All other requests wait: a refresh token counts once.
    async refreshAuth() {
      const before = tokens
      // An access token that is over would be refused here as everywhere.
      tokens = undefined
      const { data } = await mutate(REFRESH, { refreshToken: before.refreshToken })
      const payload = data?.refreshSession
      // Without an answer nobody knows: the same tokens are tried again.
      tokens = payload ? (payload.session ?? undefined) : before
    },
  }))
  return { exchange, keep: (given) => (tokens = given) }
}
