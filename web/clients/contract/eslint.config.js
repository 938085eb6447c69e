// graphql-eslint's rules for schema.graphql: all that it recommends and all of Relay's, but for what
// is said here with its reason. Run from the checkout's root.
import graphql from '@graphql-eslint/eslint-plugin'

const { 'schema-recommended': recommended, 'schema-relay': relay } = graphql.configs

const [level, names] = recommended.rules['@graphql-eslint/naming-convention']
// `PropertyType` and `PropertySubType` are RESO's own names of things that are types of property.
const { 'ObjectTypeDefinition,ObjectTypeExtension': _, ...otherNames } = names
const objectTypes = { 'ObjectTypeDefinition,ObjectTypeExtension': { forbiddenPrefixes: ['Type'] } }

const exceptions = {
  '@graphql-eslint/naming-convention': [level, { ...otherNames, ...objectTypes }],

  // A sentence stands between single quotes, several lines in a block: readers see no difference.
  '@graphql-eslint/description-style': 'off',

  // The names are RESO's (`Property.propertyType`, `Listing.listingId`), and are not shortened.
  '@graphql-eslint/no-typename-prefix': 'off',

  // Lists that are short by nature are plain lists with a stated bound, beside connections.
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],

  // What is computed of rows, or tells about one answer or whoever asks, has no identity of its own.
  '@graphql-eslint/strict-id-in-types': ['error', {
    exceptions: {
      types: [
        'Comparable',
        'Decision',
        'PageInfo',
        'SessionTokens',
        'SignInChallenge',
        'UserError',
        'Viewer',
        'ViewerPermission',
      ],
      suffixes: ['Aggregate', 'Connection', 'Edge', 'Group', 'GroupKey', 'Payload'],
    },
  }],
}

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@graphql-eslint': graphql },
    rules: { ...recommended.rules, ...relay.rules, ...exceptions },
  },
]
