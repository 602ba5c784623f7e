printf bird >/proc/self/comm
exec -a bird bash
HOSTNAME=bird; export HOSTNAME
