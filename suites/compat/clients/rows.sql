INSERT INTO people (id, name, email, age) VALUES
  (1, 'Ada', 'ada@example.com', 36), (2, 'Bob', 'bob@example.com', NULL), (3, 'Cyn', NULL, 52);
INSERT INTO posts (id, title, body, author_id, likes) VALUES
  (1, 'First, of all', 'Hello', 1, 3), (2, 'Second', NULL, 1, 0), (3, 'Third', 'Long "text"', 2, 7),
  (4, 'Fourth', 'Bye', 2, 1), (5, 'Fifth', 'Again', 1, 5);
INSERT INTO tags (id, name) VALUES (1, 'news'), (2, 'rust'), (3, 'sql');
INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1), (1, 2), (3, 3), (4, 1), (5, 2), (5, 3);
