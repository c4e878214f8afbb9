"""What tests share: a PostgreSQL of their own, a live server, a recorded walk, real photos, a real browser."""
