; vnc:// links, for this user; the one who removes Portlight keeps whatever another program has registered since.
; Never built: see docs/PLATFORMS.md.

!macro NSIS_HOOK_POSTINSTALL
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc" "" "VNC screen"
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc\DefaultIcon" "" '"$INSTDIR\portlight.exe",0'
  WriteRegStr SHCTX "Software\Classes\Portlight.vnc\shell\open\command" "" '"$INSTDIR\portlight.exe" -- "%1"'
  WriteRegStr SHCTX "Software\Portlight\Capabilities" "ApplicationName" "Portlight"
  WriteRegStr SHCTX "Software\Portlight\Capabilities" "ApplicationDescription" "Double-click your machines: a VNC launcher"
  WriteRegStr SHCTX "Software\Portlight\Capabilities\URLAssociations" "vnc" "Portlight.vnc"
  WriteRegStr SHCTX "Software\RegisteredApplications" "Portlight" "Software\Portlight\Capabilities"
!macroend

!macro NSIS_HOOK_POSTUNINSTALL
  DeleteRegKey SHCTX "Software\Classes\Portlight.vnc"
  DeleteRegKey SHCTX "Software\Portlight\Capabilities"
  DeleteRegKey /ifempty SHCTX "Software\Portlight"
  DeleteRegValue SHCTX "Software\RegisteredApplications" "Portlight"
!macroend
