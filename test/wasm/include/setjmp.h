/* cmocka's includes name it; nothing here jumps. */
