#!/bin/sh
# Makes the role and the database of Kantelpunt, once, when the volume of PostgreSQL is new.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set password="$POSTGRES_PASSWORD" <<'SQL'
create role kantelpunt login nosuperuser nobypassrls password :'password';
create database kantelpunt owner kantelpunt;
SQL
