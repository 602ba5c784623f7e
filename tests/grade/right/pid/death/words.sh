ps -o pid,comm -p $init,$second
kill -s KILL "$init"; sleep 0.5
ps -o pid,comm -p $init,$second
