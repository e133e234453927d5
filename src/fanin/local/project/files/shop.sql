-- What is in shop.db. After a change: rm shop.db; .venv/bin/python -m sqlite3 shop.db < shop.sql
create table stock (sku text primary key, amount integer not null);
insert into stock values ('coffee', 12), ('tea', 40), ('water', 3);
