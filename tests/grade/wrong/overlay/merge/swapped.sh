mount -t overlay overlay -o lowerdir=upper,upperdir=lower,workdir=work,userxattr merged
