// urql with Graphcache against the server at the given address.
import assert from 'node:assert/strict'
import { Client, fetchExchange, gql } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { getIntrospectionQuery } from 'graphql'

const [url, authorization] = process.argv.slice(2)

const asked = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization },
  body: JSON.stringify({ query: getIntrospectionQuery() }),
})
const { data: schema } = await asked.json()

// Types without an id belong to the thing that they are read from.
const withoutId = schema.__schema.types.filter(
  ({ kind, fields }) => kind === 'OBJECT' && !fields.some(({ name }) => name === 'id'),
)
const roots = ['Query', 'Mutation', 'Subscription']
const keys = Object.fromEntries(
  withoutId.filter(({ name }) => !roots.includes(name) && !name.startsWith('__')).map(({ name }) => [name, () => null]),
)

const complaints = []
const exchange = cacheExchange({
  schema,
  keys,
  resolvers: { Query: { properties: relayPagination() } },
  logger(severity, message) {
    if (severity !== 'debug') complaints.push(`${severity}: ${message}`)
  },
})
const client = new Client({ url, exchanges: [exchange, fetchExchange], preferGetMethod: false, fetchOptions: { headers: { authorization } } })

const PAGE = gql`
  query Page($first: Int!, $after: String) {
    properties(first: $first, after: $after, orderBy: [{ yearBuilt: DESC }]) {
      edges { cursor node { id unparsedAddress yearBuilt } }
      pageInfo { hasNextPage endCursor }
    }
  }
`

async function answered(query, variables, context) {
  const { data, error } = await client.query(query, variables, context)
  assert.equal(error, undefined)
  return data
}

// Each page is asked for alone, and the cache holds the list that they make together.
let after
for (const length of [10, 20, 25]) {
  const { properties } = await answered(PAGE, { first: 10, after })
  assert.equal(properties.edges.length, length)
  assert.equal(properties.pageInfo.hasNextPage, length < 25)
  after = properties.pageInfo.hasNextPage ? properties.pageInfo.endCursor : after
}
const { properties } = await answered(PAGE, { first: 10, after }, { requestPolicy: 'cache-only' })
const houses = properties.edges.map(({ node }) => node)
assert.deepEqual(houses.map(({ yearBuilt }) => yearBuilt), Array.from({ length: 25 }, (_, index) => 1975 - index))

// What is known of a house answers a query by its id without a request, with its interface's fields.
const BY_ID = gql`
  query ById($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Property { unparsedAddress history { __typename id changeType ... on ListingPriceChange { newPrice } } }
    }
  }
`
const { id } = houses[0]
const { node } = await answered(BY_ID, { id })
assert.deepEqual([node.__typename, node.unparsedAddress], ['Property', '25 Elm St'])
assert.deepEqual([node.history[0].__typename, node.history[0].newPrice], ['ListingPriceChange', '240000.10'])
const KNOWN = gql`query Known($id: ID!) { node(id: $id) { id ... on Property { yearBuilt } } }`
const known = await answered(KNOWN, { id }, { requestPolicy: 'cache-only' })
assert.equal(known.node.yearBuilt, 1975)

// A mutation's payload updates the same entity.
const CHANGE = gql`
  mutation Change($input: UpdatePropertyInput!) {
    updateProperty(input: $input) { property { id yearBuilt } errors { code path message } }
  }
`
const changed = await client.mutation(CHANGE, { input: { id, yearBuilt: 1980 } })
assert.equal(changed.error, undefined)
assert.deepEqual(changed.data.updateProperty.errors, [])
const rebuilt = await answered(KNOWN, { id }, { requestPolicy: 'cache-only' })
assert.equal(rebuilt.node.yearBuilt, 1980)

const { error } = await client.query(PAGE, { first: 10, after: 'nonsense' }, { requestPolicy: 'network-only' })
assert.equal(error.graphQLErrors[0].extensions.code, 'INVALID_CURSOR')
assert.deepEqual(complaints, [])
