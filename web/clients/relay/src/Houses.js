// A pagination container: houses, ten at a time, with a button for more.
import { createElement } from 'react'
import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay'
import { House } from './House.js'

const QUERY = graphql`
  query HousesQuery($city: String!) {
    ...Houses_query @arguments(city: $city)
  }
`

const HOUSES = graphql`
  fragment Houses_query on Query
  @argumentDefinitions(
    city: { type: "String!" }
    count: { type: "Int", defaultValue: 10 }
    cursor: { type: "String" }
  )
  @refetchable(queryName: "HousesPaginationQuery") {
    properties(first: $count, after: $cursor, filter: { city: { eq: $city } }, orderBy: [{ yearBuilt: ASC }])
      @connection(key: "Houses_properties") {
      edges {
        node {
          id
          ...House_property
        }
      }
    }
  }
`

export function Houses({ city }) {
  const query = useLazyLoadQuery(QUERY, { city })
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment(HOUSES, query)
  const houses = data.properties.edges.map(({ node }) => createElement(House, { key: node.id, property: node }))
  const more = createElement('button', { id: 'more', disabled: isLoadingNext, onClick: () => loadNext(10) }, 'More')
  return createElement('main', {}, createElement('ul', {}, houses), hasNext ? more : 'No more')
}
