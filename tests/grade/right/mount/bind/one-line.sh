mount -o bind,ro "$PWD/stage/src" "$PWD/stage/view"
printf 'two\n' >stage/src/f; printf 'three\n' >stage/view/f; cat stage/view/f
