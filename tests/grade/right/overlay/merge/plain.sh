mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
