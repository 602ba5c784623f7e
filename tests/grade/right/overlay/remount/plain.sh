mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged
