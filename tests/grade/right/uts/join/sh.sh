nsenter -u/proc/$box/ns/uts sh
hostname robin
hostname
