nsenter --uts=/proc/$box/ns/uts sh -c 'hostname robin; exec sleep 1000'
