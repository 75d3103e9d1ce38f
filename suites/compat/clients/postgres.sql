CREATE TYPE mood AS ENUM ('calm', 'glad');
CREATE TABLE people (
  id serial PRIMARY KEY,
  name text NOT NULL,
  email text UNIQUE,
  age integer
);
CREATE TABLE posts (
  id serial PRIMARY KEY,
  title text NOT NULL,
  body text,
  author_id integer NOT NULL REFERENCES people (id),
  likes integer NOT NULL DEFAULT 0
);
CREATE TABLE tags (
  id serial PRIMARY KEY,
  name text NOT NULL UNIQUE
);
CREATE TABLE post_tags (
  post_id integer NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  tag_id integer NOT NULL REFERENCES tags (id),
  PRIMARY KEY (post_id, tag_id)
);
CREATE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer
  LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION posts_of(person integer) RETURNS SETOF posts
  LANGUAGE sql STABLE AS 'SELECT * FROM posts WHERE author_id = person ORDER BY id';
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION cheer(of mood) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''so '' || of';
