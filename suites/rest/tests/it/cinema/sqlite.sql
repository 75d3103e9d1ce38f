CREATE TABLE directors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, born DATE);
CREATE TABLE films (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  director_id INTEGER REFERENCES directors (id),
  year INTEGER,
  rating NUMERIC(3,1),
  released BOOLEAN NOT NULL DEFAULT TRUE,
  details JSONB,
  added TIMESTAMPTZ
);
CREATE TABLE actors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE parts (
  film_id INTEGER NOT NULL REFERENCES films (id),
  actor_id INTEGER NOT NULL REFERENCES actors (id),
  role TEXT,
  PRIMARY KEY (film_id, actor_id)
);
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  film_id INTEGER REFERENCES films (id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  words TEXT
);
CREATE TABLE genres (id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent_id INTEGER REFERENCES genres (id));
CREATE TABLE labels (code TEXT NOT NULL PRIMARY KEY, label TEXT DEFAULT 'none', weight INTEGER);
CREATE TABLE posters (film_id INTEGER PRIMARY KEY REFERENCES films (id), colour TEXT);
CREATE VIEW good_films AS SELECT id, title, director_id, rating FROM films WHERE rating >= 8;
