"""What each engine is asked about its tables, in queries that give the same columns everywhere.

Three results: columns (schema, table, name, type, not null), constraints (schema, table, name, kind, columns, other
schema, other table, its columns, text) and indexes (schema, table, name, unique, partial, columns). Lists are JSON,
truths ``t``; kinds are ``p``, ``u``, ``f`` and ``c``, as PostgreSQL's catalogue has them. What stands before them
prepares the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAMES: Final = """
    pg_catalog.array_to_json(array(
        select case part.number when 0 then pg_catalog.pg_get_indexdef({index}, part.place::int, true)
            else a.attname end
        from pg_catalog.unnest({numbers}) with ordinality as part(number, place)
        left join pg_catalog.pg_attribute a on a.attrelid = {table} and a.attnum = part.number
        where part.place <= {count}
        order by part.place))"""
_USER_TABLES: Final = """
    pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
        and c.relkind in ('r', 'p')"""
_POSTGRES: Final = (
    # Names must mean the catalogue's own, whatever search path the candidate left on the database.
    "set search_path to pg_catalog",
    f"""select n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
    from {_USER_TABLES}
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    order by 1, 2, a.attnum""",  # noqa: S608 - constants of this module
    f"""select n.nspname, c.relname, k.conname, k.contype,
        {_NAMES.format(index="0", numbers="k.conkey", table="k.conrelid", count="32")},
        f.nspname, r.relname, {_NAMES.format(index="0", numbers="k.confkey", table="k.confrelid", count="32")},
        pg_catalog.pg_get_constraintdef(k.oid)
    from {_USER_TABLES}
    join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c')
    left join pg_catalog.pg_class r on r.oid = k.confrelid
    left join pg_catalog.pg_namespace f on f.oid = r.relnamespace
    order by 1, 2, 3""",  # noqa: S608 - as above
    f"""select n.nspname, c.relname, i.relname, x.indisunique, x.indpred is not null,
        {_NAMES.format(index="x.indexrelid", numbers="x.indkey::int2[]", table="x.indrelid", count="x.indnkeyatts")}
    from {_USER_TABLES}
    join pg_catalog.pg_index x on x.indrelid = c.oid and x.indisvalid
    join pg_catalog.pg_class i on i.oid = x.indexrelid
    order by 1, 2, 3""",  # noqa: S608 - as above
)
_MARIADB: Final = (
    """select 'public', t.table_name, c.column_name, c.column_type, if(c.is_nullable = 'NO', 't', 'f')
    from information_schema.tables t
    left join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
    where t.table_schema = database() and t.table_type = 'BASE TABLE'
    order by 2, c.ordinal_position""",
    """select 'public', k.table_name, k.constraint_name,
        case c.constraint_type when 'PRIMARY KEY' then 'p' when 'UNIQUE' then 'u' else 'f' end,
        json_arrayagg(k.column_name order by k.ordinal_position),
        if(k.referenced_table_schema = database(), 'public', k.referenced_table_schema), k.referenced_table_name,
        json_arrayagg(k.referenced_column_name order by k.ordinal_position), null
    from information_schema.table_constraints c
    join information_schema.key_column_usage k on k.constraint_schema = c.constraint_schema
        and k.table_name = c.table_name and k.constraint_name = c.constraint_name
    where c.constraint_schema = database() and c.constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
    group by k.table_name, k.constraint_name, c.constraint_type, k.referenced_table_schema, k.referenced_table_name
    union all
    select 'public', table_name, constraint_name, 'c', null, null, null, null, check_clause
    from information_schema.check_constraints where constraint_schema = database()
    order by 1, 2, 3""",
    # An index over the first characters of a column says nothing about the rest.
    """select 'public', table_name, index_name, if(max(non_unique) = 0, 't', 'f'),
        if(max(sub_part) is not null, 't', 'f'), json_arrayagg(column_name order by seq_in_index)
    from information_schema.statistics where table_schema = database()
    group by table_name, index_name order by 1, 2, 3""",
)
_SQLITE_TABLES: Final = (
    "(select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\')"
)
_SQLITE: Final = (
    f"""select 'public', t.name, c.name, lower(c.type), iif(c."notnull" or c.pk, 't', 'f')
    from {_SQLITE_TABLES} t left join pragma_table_info(t.name) c order by 2, c.cid""",  # noqa: S608 - as above
    f"""select 'public', t.name, '', 'p', (select json_group_array(name) from
            (select name from pragma_table_info(t.name) where pk order by pk)), null, null, null, null
    from {_SQLITE_TABLES} t where exists (select 1 from pragma_table_info(t.name) where pk)
    union all
    select 'public', t.name, i.name, 'u', (select json_group_array(name) from
            (select name from pragma_index_info(i.name) order by seqno)), null, null, null, null
    from {_SQLITE_TABLES} t join pragma_index_list(t.name) i where i.origin = 'u'
    union all
    select 'public', t.name, f.id, 'f', (select json_group_array("from") from
            (select "from" from pragma_foreign_key_list(t.name) where id = f.id order by seq)), 'public', f."table",
        (select json_group_array(coalesce("to", (select name from pragma_table_info(f."table") where pk = seq + 1)))
            from (select "to", seq from pragma_foreign_key_list(t.name) where id = f.id order by seq)), null
    from {_SQLITE_TABLES} t join pragma_foreign_key_list(t.name) f where f.seq = 0
    order by 1, 2, 3""",  # noqa: S608 - as above
    f"""select 'public', t.name, i.name, iif(i."unique", 't', 'f'), iif(i.partial, 't', 'f'),
        (select json_group_array(coalesce(name, 'an expression'))
            from (select name from pragma_index_info(i.name) order by seqno))
    from {_SQLITE_TABLES} t join pragma_index_list(t.name) i order by 1, 2, 3""",  # noqa: S608 - as above
)
CATALOGUES: Final[Mapping[str, tuple[str, ...]]] = {"postgres": _POSTGRES, "mariadb": _MARIADB, "sqlite": _SQLITE}
"""By engine."""
DEFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    "postgres": ("set constraints all immediate",),
    "mariadb": (),
    "sqlite": (),
}
"""What makes deferred constraints speak up before the end of the transaction, which never comes."""
