SELECT setval('people_id_seq', 3), setval('posts_id_seq', 5), setval('tags_id_seq', 3);
