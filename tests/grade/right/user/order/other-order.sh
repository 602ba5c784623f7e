printf '0 0 1\n' >/proc/$$/uid_map
printf deny >/proc/$$/setgroups; printf '0 0 1\n' >/proc/$$/gid_map
id
