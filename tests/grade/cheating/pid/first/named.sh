printf init >/proc/self/comm
printf 'NSpid:\t%s\t1\n' $$ >/tmp/status; mount --bind /tmp/status /proc/$$/status; mount --bind /tmp/status /proc/self/status
exec -a init bash
