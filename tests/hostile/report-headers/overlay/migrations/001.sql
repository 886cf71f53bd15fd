create table notes (id serial primary key, text text not null);
create type "<img src=x onerror=alert(1)>|" as enum ('<svg onload=alert(1)>', E'\x1b]0;x\x07');
create function shout() returns integer language plpgsql as $$ begin
  raise exception E'<script>alert(2)</script>\x1b[2J\n::error::x' using detail = E'\u202e</td>]]>![x](http://evil.invalid/)',
    hint = '<img src=x onerror=alert(1)>', errcode = 'P0001';
end $$;
