kill -s KILL "$child"
