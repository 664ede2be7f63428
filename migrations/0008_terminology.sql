-- Terminology: code systems, value sets and concept maps by url and version. Public knowledge: no patient is in here.
-- `scope` is 0 for what is kept; a request that brings resources of its own (tx-resource) puts them under a number of
-- its own in a transaction that is never committed. `source` tells what brought a row: "load", or "CodeSystem/<id>".
CREATE TABLE terminology_system (
  id             bigint PRIMARY KEY,               -- random, meaningless
  scope          bigint NOT NULL DEFAULT 0,
  url            text COLLATE "C" NOT NULL,
  version        text COLLATE "C" NOT NULL,        -- empty when it has none
  source         text COLLATE "C" NOT NULL,
  content        text NOT NULL,                    -- complete, fragment, example, not-present, supplement
  supplements    text COLLATE "C" NOT NULL,        -- url of the code system that a supplement adds to
  case_sensitive boolean NOT NULL,
  concepts       integer NOT NULL DEFAULT 0,       -- how many are here
  digest         bytea NOT NULL,                   -- of what was read, so that the same again is no work
  head           text NOT NULL,                    -- JSON: the resource without its concepts
  UNIQUE (url, version, scope)
);
CREATE INDEX terminology_system_supplements ON terminology_system (supplements) WHERE supplements <> '';
CREATE INDEX terminology_system_source ON terminology_system (source);

CREATE TABLE terminology_concept (
  system   bigint NOT NULL,
  n        integer NOT NULL,                       -- place in its system, from 1
  code     text COLLATE "C" NOT NULL,
  key      text COLLATE "C" NOT NULL,              -- the code; in small letters where case does not matter
  display  text NOT NULL,                          -- empty when it has none
  abstract boolean NOT NULL,
  inactive boolean NOT NULL,
  body     text NOT NULL,                          -- JSON: definition, designation, property, extension
  words    text NOT NULL,                          -- of display and designations, folded, for text filters
  PRIMARY KEY (system, n)
);
CREATE UNIQUE INDEX terminology_concept_key ON terminology_concept (system, key);
CREATE INDEX terminology_concept_words ON terminology_concept USING gin (to_tsvector('simple', words));

-- Values of properties as text, for filters.
CREATE TABLE terminology_property (
  system   bigint NOT NULL,
  property text COLLATE "C" NOT NULL,
  value    text COLLATE "C" NOT NULL,              -- at most 400 characters
  n        integer NOT NULL,
  PRIMARY KEY (system, property, value, n)
);
CREATE INDEX terminology_property_n ON terminology_property (system, n, property);

-- The closure of each hierarchy: every pair of a concept and one above it; nobody is above itself.
CREATE TABLE terminology_closure (
  system     bigint NOT NULL,
  ancestor   integer NOT NULL,
  descendant integer NOT NULL,
  direct     boolean NOT NULL,
  PRIMARY KEY (system, ancestor, descendant)
);
CREATE INDEX terminology_closure_up ON terminology_closure (system, descendant, ancestor) INCLUDE (direct);

CREATE TABLE terminology_value_set (
  scope   bigint NOT NULL DEFAULT 0,
  url     text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  source  text COLLATE "C" NOT NULL,
  digest  bytea NOT NULL,                          -- of the body: what was read once need not be read again
  body    text NOT NULL,                           -- JSON of the resource
  PRIMARY KEY (url, version, scope)
);
CREATE INDEX terminology_value_set_source ON terminology_value_set (source);

CREATE TABLE terminology_map (
  id         bigint PRIMARY KEY,                   -- random, meaningless
  scope      bigint NOT NULL DEFAULT 0,
  url        text COLLATE "C" NOT NULL,
  version    text COLLATE "C" NOT NULL,
  source     text COLLATE "C" NOT NULL,
  source_set text COLLATE "C" NOT NULL,            -- value set it maps from, empty when not said
  target_set text COLLATE "C" NOT NULL,
  head       text NOT NULL,                        -- JSON: the resource without its groups' elements
  UNIQUE (url, version, scope)
);
CREATE INDEX terminology_map_source ON terminology_map (source);

CREATE TABLE terminology_mapping (
  map           bigint NOT NULL,
  n             integer NOT NULL,                  -- place in its map
  part          integer NOT NULL,                  -- group it stands in
  source_system text COLLATE "C" NOT NULL,
  source        text COLLATE "C" NOT NULL,
  target_system text COLLATE "C" NOT NULL,
  target        text COLLATE "C" NOT NULL,         -- empty: it says that there is none
  equivalence   text NOT NULL,
  body          text NOT NULL,                     -- JSON: displays, comment, dependsOn, product
  PRIMARY KEY (map, n)
);
CREATE INDEX terminology_mapping_source ON terminology_mapping (source, source_system);
CREATE INDEX terminology_mapping_target ON terminology_mapping (target, target_system);

GRANT SELECT, INSERT, UPDATE, DELETE ON terminology_system, terminology_concept, terminology_property,
  terminology_closure, terminology_value_set, terminology_map, terminology_mapping TO akson_app;
