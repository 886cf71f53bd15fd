-- None of these is ever called by an honest reader; the administrator's search path must not lead here.
create table notes (id serial primary key, text text not null);
create function caught(place text) returns void language plpgsql as $$ begin
  if current_user not in ('app', 'loader', 'reader') then
    insert into notes (text) values ('BREACH: ' || place || ' as ' || current_user);
  end if;
end $$;
create function unlike(name, name) returns boolean language plpgsql as
  $$ begin perform caught('!~'); return $1::text !~ $2::text; end $$;
create operator public.!~ (leftarg = name, rightarg = name, function = unlike);
create function differs(name, name) returns boolean language plpgsql as
  $$ begin perform caught('<>'); return $1::text <> $2::text; end $$;
create operator public.<> (leftarg = name, rightarg = name, function = differs);
create function public.format(text, text) returns text language plpgsql as $$ begin
  perform caught('format');
  return replace($1, '%I', quote_ident($2));
end $$;
create function public.format(text, name) returns text language sql as 'select public.format($1, $2::text)';
create function public.quote_ident(name) returns text language plpgsql as
  $$ begin perform caught('quote_ident'); return pg_catalog.quote_ident($1::text); end $$;
