cd stage; mount --make-runbindable safe; mount -B safe copy
