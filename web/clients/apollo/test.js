// Apollo Client against the server at the given address.
import assert from 'node:assert/strict'
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { first, firstValueFrom, timeout } from 'rxjs'

const [uri, authorization] = process.argv.slice(2)
const link = new HttpLink({ uri, headers: { authorization } })

// As Apollo's guide has it: the members of interfaces and unions are asked for once.
const ABSTRACT_TYPES = gql`query AbstractTypes { __schema { types { name possibleTypes { name } } } }`
async function possibleTypes() {
  const client = new ApolloClient({ link, cache: new InMemoryCache() })
  const { data } = await client.query({ query: ABSTRACT_TYPES })
  const abstract = data.__schema.types.filter(({ possibleTypes }) => possibleTypes)
  return Object.fromEntries(abstract.map(({ name, possibleTypes }) => [name, possibleTypes.map(({ name }) => name)]))
}

const cache = new InMemoryCache({
  possibleTypes: await possibleTypes(),
  typePolicies: { Query: { fields: { properties: relayStylePagination(['filter', 'orderBy']) } } },
})
const client = new ApolloClient({ link, cache })

const HOUSE = gql`fragment House on Property { id unparsedAddress yearBuilt }`
const PAGE = gql`
  query Page($first: Int!, $after: String) {
    properties(first: $first, after: $after, filter: { city: { eq: "Toledo" } }, orderBy: [{ yearBuilt: ASC }]) {
      edges { cursor node { ...House } }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${HOUSE}
`

// A list that is watched grows page by page.
const list = client.watchQuery({ query: PAGE, variables: { first: 10 } })
const grown = (length) => firstValueFrom(list.pipe(first(({ data }) => data?.properties?.edges.length === length), timeout(30_000)))
let { data } = await grown(10)
for (const length of [20, 25]) {
  assert.ok(data.properties.pageInfo.hasNextPage)
  await list.fetchMore({ variables: { after: data.properties.pageInfo.endCursor } })
  ;({ data } = await grown(length))
}
assert.equal(data.properties.pageInfo.hasNextPage, false)
const houses = data.properties.edges.map(({ node }) => node)
assert.deepEqual(houses.map(({ yearBuilt }) => yearBuilt), Array.from({ length: 25 }, (_, index) => 1951 + index))
assert.equal(new Set(houses.map(({ id }) => id)).size, 25)

// One entity, however it is reached: what `node` brings belongs to the list's house.
const [{ id }] = houses
const BY_ID = gql`
  query ById($id: ID!) {
    node(id: $id) {
      ... on Property {
        id
        unparsedAddress
        history { ... on Node { id } ... on ListingChange { changeType } ... on ListingPriceChange { newPrice } }
      }
    }
  }
`
const { data: found } = await client.query({ query: BY_ID, variables: { id } })
assert.equal(found.node.unparsedAddress, '1 Elm St')
const ofNode = { __typename: 'Property', id }
const entities = Object.keys(cache.extract()).filter((key) => key === cache.identify(ofNode))
assert.deepEqual(entities, [`Property:${id}`])
const [change] = found.node.history
assert.deepEqual([change.__typename, change.changeType, change.newPrice], ['ListingPriceChange', 'PRICE_CHANGE', '240000.10'])
const WHOLE = gql`fragment Whole on Property { yearBuilt history { ... on ListingChange { changeType } } }`
const whole = client.readFragment({ id: `Property:${id}`, fragment: WHOLE })
assert.deepEqual([whole.yearBuilt, whole.history[0].changeType], [1951, 'PRICE_CHANGE'])

// What a mutation gives back is in the list at once, without another request.
const CHANGE = gql`
  mutation Change($input: UpdatePropertyInput!) {
    updateProperty(input: $input) { property { ...House version } errors { code path } }
  }
  ${HOUSE}
`
async function changeHouse(input) {
  const { data } = await client.mutate({ mutation: CHANGE, variables: { input } })
  return data.updateProperty
}
const changed = await changeHouse({ id, unparsedAddress: '1 Elm Street' })
assert.deepEqual(changed.errors, [])
assert.equal(list.getCurrentResult().data.properties.edges[0].node.unparsedAddress, '1 Elm Street')
const { version } = changed.property
const stale = await changeHouse({ id, expectedVersion: version - 1, unparsedAddress: '1 Elm Road' })
assert.equal(stale.property, null)
assert.equal(stale.errors[0].code, 'STALE_VERSION')

// A program tells errors apart by their code.
async function codeOf(query, variables) {
  try {
    await client.query({ query, variables, fetchPolicy: 'network-only' })
  } catch (error) {
    assert.ok(CombinedGraphQLErrors.is(error), error)
    return error.errors[0].extensions.code
  }
  assert.fail('it was answered')
}
assert.equal(await codeOf(PAGE, { first: 10, after: 'nonsense' }), 'INVALID_CURSOR')
assert.equal(await codeOf(PAGE, { first: 'ten' }), 'BAD_USER_INPUT')
assert.equal(await codeOf(gql`query Wrong { properties { nothing } }`), 'INVALID_DOCUMENT')

client.stop()
