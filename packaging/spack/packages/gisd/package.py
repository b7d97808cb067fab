"""gisd for Spack, built from a checkout of its repository; docs/install.md has the commands."""
from spack.package import *


class Gisd(CMakePackage):
    """Distributed grids of deep-learning experiments on endoscopy images, over MPI on clusters
    without GPUs: trains and tests detectors of lesions, survives being killed, reports."""

    license("Apache-2.0")

    # No archive is published: `spack develop --path CHECKOUT gisd@main` says where the source is.
    version("main")

    variant("onednn", default=True, description="Convolutions on oneDNN, not on OpenBLAS alone")

    depends_on("c", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("help2man", type="build")
    depends_on("cmocka", type=("build", "test"))

    depends_on("mpi")
    depends_on("openblas threads=openmp")
    depends_on("onednn@2.5:2 cpu_runtime=omp", when="+onednn")  # 3 has another interface
    depends_on("hdf5@1.10: ~mpi")
    depends_on("libyaml")
    depends_on("cjson")
    depends_on("libxml2")
    depends_on("libpng")
    depends_on("libjpeg-turbo")
    depends_on("libtiff")
    depends_on("libwebp +libwebpdemux")
    depends_on("cairo +png +svg")
    depends_on("protobuf-c")
    depends_on("onnx", type="build")
    depends_on("utf8proc")
    depends_on("libzip")
    depends_on("xxhash")
    depends_on("random123")

    generator("ninja")

    def cmake_args(self):
        return [
            self.define_from_variant("GISD_ONEDNN", "onednn"),
            self.define("GISD_TESTS", self.run_tests),
        ]
