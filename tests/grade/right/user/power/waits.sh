unshare --uts sh -c 'hostname bird && exec sleep 1000'
