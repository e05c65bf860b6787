;; The older binary form of a WIT package: one export, which holds all of it.
(component
  (type (component
    (import "old:dep/types@1.0.0" (instance (export "t" (type (sub resource)))))
    (type (component
      (import "old:pkg/i@0.1.0" (instance
        (type (record (field "a" u32)))
        (export "r" (type (eq 0)))
        (export "f" (func (param "r" 1)))))
      (export "g" (func))
    ))
    (export "old:pkg/i@0.1.0" (instance
      (type (record (field "a" u32)))
      (export "r" (type (eq 0)))
      (export "f" (func (param "r" 1)))))
    (export "old:pkg/w@0.1.0" (component
      (import "old:pkg/i@0.1.0" (instance
        (type (record (field "a" u32)))
        (export "r" (type (eq 0)))
        (export "f" (func (param "r" 1)))))
      (export "g" (func))))
  ))
  (export "old:pkg/wit@0.1.0" (type 0))
)
