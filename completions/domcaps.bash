# Made by tools/completions.py from the program's own options; do not edit.
# shellcheck shell=bash

_domcaps() {
    local current previous verb key
    current=${COMP_WORDS[COMP_CWORD]}
    previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    # bash takes --option=value apart at the =
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '--help --version show emulators capture explain check diff common cache cpu export validate schema' -- "$current")
        return
    fi
    verb=${COMP_WORDS[1]}
    case $verb in
    cpu)
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W 'baseline compare models decode' -- "$current")
            return
        fi
        verb="$verb ${COMP_WORDS[2]}"
        ;;
    esac
    key="$verb $previous"
    case $key in
    'show --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'show --emulatorbin' | 'show --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'show --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'show --machine') return ;;
    'show --libvirt') return ;;
    'show --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'show -c' | 'show --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'show --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'show --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'show --timeout') return ;;
    'show -f' | 'show --format') mapfile -t COMPREPLY < <(compgen -W 'xml json yaml text' -- "$current"); return ;;
    'show --xpath') return ;;
    'emulators -f' | 'emulators --format') mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    'emulators --libvirt') return ;;
    'emulators -c' | 'emulators --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'emulators --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'emulators --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'emulators --timeout') return ;;
    'capture -o' | 'capture --output') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'capture --emulatorbin' | 'capture --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'capture --timeout') return ;;
    'explain -f' | 'explain --format') mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    'explain --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'explain --emulatorbin' | 'explain --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'explain --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'explain --machine') return ;;
    'explain --libvirt') return ;;
    'explain --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'explain -c' | 'explain --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'explain --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'explain --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'explain --timeout') return ;;
    'check --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'check --emulatorbin' | 'check --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'check --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'check --machine') return ;;
    'check --libvirt') return ;;
    'check --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'check -c' | 'check --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'check --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'check --timeout') return ;;
    'check --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'check -f' | 'check --format') mapfile -t COMPREPLY < <(compgen -W 'text json sarif' -- "$current"); return ;;
    'check -o' | 'check --output') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'diff -f' | 'diff --format') mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    'diff --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'diff --emulatorbin' | 'diff --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'diff --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'diff --machine') return ;;
    'diff --libvirt') return ;;
    'diff --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'diff -c' | 'diff --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'diff --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'diff --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'diff --timeout') return ;;
    'common -f' | 'common --format') mapfile -t COMPREPLY < <(compgen -W 'xml json yaml text' -- "$current"); return ;;
    'common --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'common --emulatorbin' | 'common --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'common --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'common --machine') return ;;
    'common --libvirt') return ;;
    'common --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'common -c' | 'common --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'common --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'common --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'common --timeout') return ;;
    'cache -f' | 'cache --format') mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    'cpu baseline --model') return ;;
    'cpu baseline --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'cpu baseline --emulatorbin' | 'cpu baseline --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu baseline --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'cpu baseline --machine') return ;;
    'cpu baseline --libvirt') return ;;
    'cpu baseline --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'cpu baseline -c' | 'cpu baseline --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'cpu baseline --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu baseline --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu baseline --timeout') return ;;
    'cpu compare --model') return ;;
    'cpu compare --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'cpu compare --emulatorbin' | 'cpu compare --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu compare --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'cpu compare --machine') return ;;
    'cpu compare --libvirt') return ;;
    'cpu compare --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'cpu compare -c' | 'cpu compare --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'cpu compare --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu compare --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu compare --timeout') return ;;
    'cpu models -f' | 'cpu models --format') mapfile -t COMPREPLY < <(compgen -W 'text json table' -- "$current"); return ;;
    'cpu models --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'cpu models --emulatorbin' | 'cpu models --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu models --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'cpu models --machine') return ;;
    'cpu models --libvirt') return ;;
    'cpu models --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'cpu models -c' | 'cpu models --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'cpu models --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu models --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'cpu models --timeout') return ;;
    'cpu decode --libvirt') return ;;
    'cpu decode --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'export --virttype') mapfile -t COMPREPLY < <(compgen -W 'kvm qemu xen bhyve hvf hyperv' -- "$current"); return ;;
    'export --emulatorbin' | 'export --emulator') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'export --arch') mapfile -t COMPREPLY < <(compgen -W 'x86_64 i686 aarch64 armv7l ppc64 ppc64le riscv64 s390x' -- "$current"); return ;;
    'export --machine') return ;;
    'export --libvirt') return ;;
    'export --cpu-map') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    'export -c' | 'export --connect') mapfile -t COMPREPLY < <(compgen -W 'qemu:///system xen:///system bhyve:///system test:///default' -- "$current"); return ;;
    'export --from') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'export --host') compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    'export --timeout') return ;;
    'export -f' | 'export --format') mapfile -t COMPREPLY < <(compgen -W 'text json yaml' -- "$current"); return ;;
    'validate --libvirt') return ;;
    'validate -f' | 'validate --format') mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    esac
    case $verb in
    'show')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose -f --format --xpath --wrap' -- "$current"); return; fi
        ;;
    'emulators')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -f --format --libvirt --machines -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        ;;
    'capture')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -o --output --emulatorbin --emulator --small --timeout' -- "$current"); return; fi
        ;;
    'explain')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -f --format --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        mapfile -t COMPREPLY < <(compgen -W 'path domain machine arch vcpu vcpu/max iothreads iothreads/supported os os/supported os/firmware os/firmwareFeatures os/firmwareFeatures/supported os/firmwareFeatures/secureBoot os/firmwareFeatures/enrolledKeys os/loader os/loader/supported os/loader/value os/loader/type os/loader/readonly os/loader/secure os/varstore os/varstore/supported cpu cpu/host-passthrough cpu/host-passthrough/supported cpu/host-passthrough/hostPassthroughMigratable cpu/maximum cpu/maximum/supported cpu/maximum/maximumMigratable cpu/host-model cpu/host-model/supported cpu/host-model/model cpu/host-model/model/fallback cpu/host-model/model/name cpu/host-model/vendor cpu/host-model/maxphysaddr cpu/host-model/maxphysaddr/mode cpu/host-model/maxphysaddr/limit cpu/host-model/feature cpu/host-model/feature/policy cpu/host-model/feature/name cpu/custom cpu/custom/supported cpu/custom/model cpu/custom/model/usable cpu/custom/model/deprecated cpu/custom/model/vendor cpu/custom/model/canonical cpu/custom/model/name cpu/custom/model/blockers memoryBacking memoryBacking/supported memoryBacking/sourceType devices devices/disk devices/disk/supported devices/disk/diskDevice devices/disk/bus devices/disk/model devices/graphics devices/graphics/supported devices/graphics/type devices/video devices/video/supported devices/video/modelType devices/hostdev devices/hostdev/supported devices/hostdev/mode devices/hostdev/startupPolicy devices/hostdev/subsysType devices/hostdev/capsType devices/hostdev/pciBackend devices/hostdev/iommufd devices/rng devices/rng/supported devices/rng/model devices/rng/backendModel devices/filesystem devices/filesystem/supported devices/filesystem/driverType devices/tpm devices/tpm/supported devices/tpm/model devices/tpm/backendModel devices/tpm/backendVersion devices/redirdev devices/redirdev/supported devices/redirdev/bus devices/channel devices/channel/supported devices/channel/type devices/crypto devices/crypto/supported devices/crypto/model devices/crypto/type devices/crypto/backendModel devices/interface devices/interface/supported devices/interface/backendType devices/panic devices/panic/supported devices/panic/model devices/console devices/console/supported devices/console/type features features/gic features/gic/supported features/gic/version features/vmcoreinfo features/vmcoreinfo/supported features/genid features/genid/supported features/backingStoreInput features/backingStoreInput/supported features/backup features/backup/supported features/async-teardown features/async-teardown/supported features/s390-pv features/s390-pv/supported features/ps2 features/ps2/supported features/tdx features/tdx/supported features/sev features/sev/supported features/sev/cbitpos features/sev/reducedPhysBits features/sev/maxGuests features/sev/maxESGuests features/sev/cpu0Id features/sgx features/sgx/supported features/sgx/flc features/sgx/sgx1 features/sgx/sgx2 features/sgx/section_size features/sgx/section_size/unit features/sgx/section_size/size features/sgx/sections features/sgx/sections/section features/sgx/sections/section/node features/sgx/sections/section/size features/sgx/sections/section/unit features/hyperv features/hyperv/supported features/hyperv/features features/hyperv/defaults features/hyperv/defaults/spinlocks features/hyperv/defaults/stimer_direct features/hyperv/defaults/tlbflush_direct features/hyperv/defaults/tlbflush_extended features/hyperv/defaults/vendor_id features/launchSecurity features/launchSecurity/supported features/launchSecurity/sectype' -- "$current")
        ;;
    'check')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --host --timeout --no-cache -v --verbose --from -f --format --receive --fix -o --output --diff' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'diff')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -f --format --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'common')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -f --format --explain --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'cache')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help -f --format' -- "$current"); return; fi
        mapfile -t COMPREPLY < <(compgen -W 'info clear' -- "$current")
        ;;
    'cpu baseline')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --model --features --migratable --ignore-host --explain --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'cpu compare')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --model --error --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'cpu models')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --all -f --format --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose' -- "$current"); return; fi
        ;;
    'cpu decode')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --libvirt --cpu-map' -- "$current"); return; fi
        ;;
    'export')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --virttype --emulatorbin --emulator --arch --machine --libvirt --cpu-map --disable-deprecated-features --expand-cpu-features --supported-cpu-features -c --connect --from --host --timeout --no-cache -v --verbose -f --format' -- "$current"); return; fi
        mapfile -t COMPREPLY < <(compgen -W 'kubevirt openstack ovirt prometheus' -- "$current")
        ;;
    'validate')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --libvirt -f --format' -- "$current"); return; fi
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    'schema')
        if [[ $current == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '-h --help --rng --json' -- "$current"); return; fi
        ;;
    esac
}

complete -o nosort -F _domcaps domcaps
