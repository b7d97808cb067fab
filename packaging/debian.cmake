# Run by cpack on the tree that becomes the Debian package: what Debian wants otherwise than other
# places, or only Debian does.
set(doc ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/gisd)

# The licence is told in "copyright", and all of Apache's stands in every Debian.
file(REMOVE ${doc}/LICENSE)
file(WRITE ${doc}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: gisd

Files: *
Copyright: 2026 The gisd authors
License: Apache-2.0
 On Debian systems the whole text of the licence is in
 /usr/share/common-licenses/Apache-2.0.
")

# The package's own changelog: one entry, for the version that it is of.
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where it is set
file(WRITE ${doc}/changelog.Debian "gisd (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * See changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
execute_process(COMMAND gzip -9n ${doc}/changelog ${doc}/changelog.Debian
                COMMAND_ERROR_IS_FATAL ANY)
