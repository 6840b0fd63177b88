; vnc:// links and files, for this user; the one who removes Portlight keeps whatever another program has registered since.
; Never built: see docs/PLATFORMS.md.

!macro NSIS_HOOK_POSTINSTALL
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc" "" "VNC screen"
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc\DefaultIcon" "" '"$INSTDIR\portlight.exe",0'
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc\shell\open\command" "" '"$INSTDIR\portlight.exe" -- "%1"'
  WriteRegStr SHCTX "Software\Portlight\Capabilities" "ApplicationName" "Portlight"
  WriteRegStr SHCTX "Software\Portlight\Capabilities" "ApplicationDescription" "Double-click your machines: a VNC launcher"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\URLAssociations" "vnc" "Portlight.vnc"
  WriteRegStr SHCTX "Software\Classes\Portlight.file" "" "Portlight file"
  WriteRegStr SHCTX "Software\Classes\Portlight.file\DefaultIcon" "" '"$INSTDIR\portlight.exe",0'
  WriteRegStr SHCTX "Software\Classes\Portlight.file\shell\open\command" "" '"$INSTDIR\portlight.exe" -- "%1"'
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".vnc" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".tigervnc" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".remmina" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".vv" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".vncloc" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".portlight" "Portlight.file"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\FileAssociations" ".plrec" "Portlight.file"
  ; Named beside others in Open With; which program opens a double click is the user's to choose.
  WriteRegStr SHCTX "Software\Classes\.vnc\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.tigervnc\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.remmina\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.vv\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.vncloc\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.portlight\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\Classes\.plrec\OpenWithProgids" "Portlight.file" ""
  WriteRegStr SHCTX "Software\RegisteredApplications" "Portlight" "Software\Portlight\Capabilities"
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  DeleteRegKey SHCTX "Software\Classes\Portlight.vnc"
  DeleteRegKey SHCTX "Software\Classes\Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.vnc\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.tigervnc\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.remmina\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.vv\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.vncloc\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.portlight\OpenWithProgids" "Portlight.file"
  DeleteRegValue SHCTX "Software\Classes\.plrec\OpenWithProgids" "Portlight.file"
  DeleteRegKey SHCTX "Software\Portlight\Capabilities"
  DeleteRegKey /ifempty SHCTX "Software\Portlight"
  DeleteRegValue SHCTX "Software\RegisteredApplications" "Portlight"
!macroend
